$since = (Get-Date).AddHours(-{{hours}})
$query = @{ LogName = 'System'; Level = 1, 2; StartTime = $since }
$found = @(Get-WinEvent -FilterHashtable $query -MaxEvents 50 -ErrorAction SilentlyContinue)
"$($found.Count) errors since $($since.ToString('u'))"
$found | Group-Object ProviderName -NoElement | Sort-Object Count -Descending | Select-Object -First 10
