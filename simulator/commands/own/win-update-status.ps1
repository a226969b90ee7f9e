# Installed updates, what waits to be installed, and the last start
Write-Output "Updates installed:"
Get-HotFix
$boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime
Write-Output "Last start: $boot"
