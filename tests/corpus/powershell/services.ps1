# Services that start by themselves and do not run.
$ErrorActionPreference = 'Stop'
Get-Service |
    Where-Object { $_.StartType -eq 'Automatic' -and $_.Status -ne 'Running' } |
    Sort-Object -Property Name |
    Format-Table -AutoSize Name, @{ Name = 'State'; Expression = { "$($_.Status)" } }
