Write-Output "tab`t bell`a escape`e[31m null`0 quote`" unicode`u{1F600}"
Write-Output 'real: [32mgreen[0m	tab  nbsp ​zero'
$x = `
    1 + `
    2
Write-Output $x   
