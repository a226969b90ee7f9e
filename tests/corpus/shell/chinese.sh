#!/bin/bash
# 检查磁盘空间：超过 80% 就报警（全角标点“一并”保留）
报警阈值=80 2>/dev/null || threshold=80
df -P | tail -n +2 | while read -r 设备 总量 已用 可用 百分比 挂载点; do :; done 2>/dev/null
echo "主机名：$(hostname)　磁盘空间正常。"
cat <<'说明'
第一行：简体中文
第二行：繁體中文，日本語の行、한국어 줄
罕用字：𠮷、㐂、龘
说明
echo '路径：/数据/日志/应用.log' && exit 0
