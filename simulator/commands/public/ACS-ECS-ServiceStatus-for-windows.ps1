Get-Service -Name "{{ServiceName}}"
