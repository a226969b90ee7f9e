# Windows PowerShell reads a file without this mark in the system's code page.
$text = 'Grüße aus Hangzhou – 杭州'
Write-Output $text
[System.Text.Encoding]::UTF8.GetByteCount($text)
