@echo off
echo one
echo two



echo three 
set x=ends with spaces   
echo [%x%]
