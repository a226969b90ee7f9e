ver
hostname
whoami
