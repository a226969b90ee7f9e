@echo off
call :check Spooler
call :check W32Time
goto :eof

:check
sc query "%~1" | find "RUNNING" >nul && (echo %~1 runs) || (
  echo %~1 does not run
  exit /b 1
)
exit /b 0
