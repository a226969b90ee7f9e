@echo off
echo first
echo last, without a line end