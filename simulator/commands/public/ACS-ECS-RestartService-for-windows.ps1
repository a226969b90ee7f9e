Restart-Service -Name "{{ServiceName}}"
Get-Service -Name "{{ServiceName}}"
