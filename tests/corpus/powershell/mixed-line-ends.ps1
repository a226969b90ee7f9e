Write-Output 'CRLF'
Write-Output 'LF'
Write-Output 'CR'Write-Output "a`r`nb"


Write-Output 'no end'