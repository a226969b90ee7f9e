$name = $env:COMPUTERNAME
$plain = @'
Nothing is expanded here: $name, `n and "quotes" stay.
  '@ in the middle of a line ends nothing
'@
$filled = @"
Host: $name
Sum: $(1 + 1), a backtick: ``, a dollar: `$, quotes: "these"
"@
Set-Content -Path C:\Temp\notes.txt -Value ($plain + "`r`n" + $filled) -Encoding UTF8
