diff <(cat <<A
alpha
beta
A
) <(cat <<B
alpha
gamma
B
)
cat <<X - <<"Y Z"
first
X
second with a delimiter of two words
Y Z
