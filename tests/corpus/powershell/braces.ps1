# Double braces are ordinary in PowerShell: script blocks in script blocks, escaped format braces.
1..3 | ForEach-Object {{ $_ * 2 }}
$table = @{ a = @{ b = @{} } }
'{{0}} is text, {0} is a place, {{name}} too' -f 'here'
& { & { & { 'deep' }}}
Get-ChildItem C:\Windows | Where-Object {{$_.Length -gt 1MB}} | Select-Object -First 3
