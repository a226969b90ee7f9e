#!/bin/bash
# Colours as escapes that the shell makes.
red='\e[31m'; green='\033[32m'; bold=$'\x1b[1m'; off='\e[0m'
echo -e "${red}failed${off} ${green}ok${off} ${bold}bold\e[0m"
printf '\033]0;title\007\n\e[2K\r100%%\n'
tput setaf 3 2>/dev/null; echo "yellow, where there is a terminal"
