setlocal EnableDelayedExpansion
set count=0
for /f "usebackq tokens=1,2 delims=," %%a in (`tasklist /fo csv /nh`) do (
  set /a count+=1
  if !count! leq 5 echo %%~a is process %%~b
)
for %%d in (C D E) do if exist %%d:\ echo %%d: is there
echo !count! processes, 100%% counted, ^& nothing ^| left ^> out
endlocal
