# 清理临时文件夹，保留最近七天
$文件夹 = 'C:\临时\上传'
$期限 = (Get-Date).AddDays(-7)
if (Test-Path $文件夹) {
    Get-ChildItem -Path $文件夹 -Recurse -File | Where-Object { $_.LastWriteTime -lt $期限 } | Remove-Item -Verbose
}
Write-Output "清理完成：$(Get-Date -Format 'yyyy年MM月dd日')"
