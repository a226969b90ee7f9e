
echo 'a textarea swallows one line break at its beginning'

