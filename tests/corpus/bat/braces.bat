rem Text in braces is text while parameters are off.
echo {{name}} {{}} {{.Names}} ${{ secrets.X }} {%% if x %%}
docker ps --format "{{.ID}} {{.Image}}"
echo {{ACS::InstanceId}}
