Write-Output “PowerShell takes these for quotes”
Write-Output ‘and these’ – and a dash
Get-Process –Name “svchost” | Select-Object -First 1
