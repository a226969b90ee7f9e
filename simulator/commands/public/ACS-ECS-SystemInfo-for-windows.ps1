Write-Output "Host: $env:COMPUTERNAME"
Get-ComputerInfo
