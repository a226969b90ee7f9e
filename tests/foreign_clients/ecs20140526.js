// One round with the client of today: list, invoke, read the results, stop. Prints what it saw.
const Ecs = require('@alicloud/ecs20140526');
const { $OpenApiUtil } = require('@alicloud/openapi-core');

const regionId = 'cn-hangzhou';
const targets = JSON.parse(process.env.CLOUD_TARGETS);
const client = new Ecs.default(new $OpenApiUtil.Config({
  accessKeyId: process.env.CLOUD_KEY,
  accessKeySecret: process.env.CLOUD_SECRET,
  endpoint: process.env.CLOUD_ENDPOINT,
  protocol: 'http',
  regionId,
}));

async function results(invokeId) {
  const request = new Ecs.DescribeInvocationResultsRequest({ regionId, invokeId, maxResults: 50 });
  return (await client.describeInvocationResults(request)).body.invocation.invocationResults.invocationResult;
}

async function until(invokeId, status) {
  for (;;) {
    const rows = await results(invokeId);
    if (rows.every((row) => row.invocationStatus === status)) return rows;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function round() {
  const regions = (await client.describeRegions(new Ecs.DescribeRegionsRequest({}))).body.regions.region;
  const found = await client.describeInstances(
    new Ecs.DescribeInstancesRequest({ regionId, instanceIds: JSON.stringify(targets) }));
  const created = await client.createCommand(new Ecs.CreateCommandRequest({
    regionId,
    name: 'greet',
    type: 'RunShellScript',
    commandContent: Buffer.from("echo 'hello {{name}}'").toString('base64'),
    enableParameter: true,
  }));
  const invoked = await client.invokeCommand(new Ecs.InvokeCommandRequest({
    regionId,
    commandId: created.body.commandId,
    instanceId: targets,
    parameters: { name: 'Jack 王*~' },
    clientToken: 'node-token',
    timed: false,
    tag: [new Ecs.InvokeCommandRequestTag({ key: 'console:run', value: '1' })],
  }));
  const rows = await until(invoked.body.invokeId, 'Success');
  const long = (await client.runCommand(new Ecs.RunCommandRequest({
    regionId, type: 'RunShellScript', commandContent: 'sleep 50000', instanceId: targets, timeout: 80000,
  }))).body.invokeId;
  await until(long, 'Running');
  await client.stopInvocation(new Ecs.StopInvocationRequest({ regionId, invokeId: long }));
  const stopped = await until(long, 'Terminated');
  return {
    regions: regions.map((region) => region.regionId),
    instances: found.body.instances.instance.map((row) => row.instanceId),
    outputs: rows.map((row) => Buffer.from(row.output, 'base64').toString()),
    statuses: rows.map((row) => row.invocationStatus),
    stopped: stopped.map((row) => row.invocationStatus),
  };
}

round().catch((error) => ({ refused: error.code })).then((seen) => console.log(JSON.stringify(seen)));
