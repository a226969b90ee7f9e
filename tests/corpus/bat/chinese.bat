chcp 65001 >nul
rem 备份日志：先复制，再清空
set 来源=C:\日志
if not exist "%来源%" echo 没有 “%来源%” 这个文件夹
echo 完成。
