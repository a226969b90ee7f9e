# Recycle one application pool and say how it is afterwards
$pool = "{{pool}}"
if ($pool -eq "") { $pool = "DefaultAppPool" }
Restart-WebAppPool -Name $pool
Get-WebAppPoolState -Name $pool
Write-Output "Recycled $pool on $env:COMPUTERNAME"
