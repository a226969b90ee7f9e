robocopy C:\inetpub\logs D:\archive\logs *.log ^
  /mov /minage:7 /r:1 /w:1 ^
  /np /njh	/njs
rem a tab before /njs, two spaces and a caret's end:  ^
if %errorlevel% lss 8 exit /b 0
