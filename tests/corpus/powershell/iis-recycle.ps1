Import-Module WebAdministration -ErrorAction SilentlyContinue
$pool = '{{pool}}'
if (Test-Path "IIS:\AppPools\$pool") {
    Restart-WebAppPool -Name $pool
    Write-Output ("{0} recycled {1} time(s)" -f $pool, {{ times }})
} else {
    Write-Error "There is no pool named ${pool}."
    exit 2
}
