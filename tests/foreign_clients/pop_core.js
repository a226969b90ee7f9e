// One round with the older client, which signs in the old way and sends a form: list, invoke, read the results, stop.
const { RPCClient } = require('@alicloud/pop-core');

const RegionId = 'cn-hangzhou';
const targets = JSON.parse(process.env.CLOUD_TARGETS);
const client = new RPCClient({
  accessKeyId: process.env.CLOUD_KEY,
  accessKeySecret: process.env.CLOUD_SECRET,
  endpoint: `http://${process.env.CLOUD_ENDPOINT}`,
  apiVersion: '2014-05-26',
});

// Lists are flattened by the client: InstanceId.1=…
const get = (action, parameters) => client.request(action, { RegionId, ...parameters }, { method: 'GET' });
const post = (action, parameters) => client.request(action, { RegionId, ...parameters }, { method: 'POST' });

async function until(InvokeId, status) {
  for (;;) {
    const answer = await get('DescribeInvocationResults', { InvokeId, MaxResults: 50 });
    const rows = answer.Invocation.InvocationResults.InvocationResult;
    if (rows.every((row) => row.InvocationStatus === status)) return rows;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function round() {
  const regions = (await get('DescribeRegions', {})).Regions.Region;
  const found = (await get('DescribeInstances', { InstanceIds: JSON.stringify(targets) })).Instances.Instance;
  const { CommandId } = await post('CreateCommand', {
    Name: 'greet',
    Type: 'RunShellScript',
    CommandContent: Buffer.from("echo 'hello {{name}}'").toString('base64'),
    EnableParameter: true,
  });
  const { InvokeId } = await post('InvokeCommand', {
    CommandId,
    InstanceId: targets,
    Parameters: JSON.stringify({ name: 'Jack 王*~' }),
    ClientToken: 'pop-token',
    Tag: [{ Key: 'console:run', Value: '1' }],
  });
  const rows = await until(InvokeId, 'Success');
  const long = await post('RunCommand', {
    Type: 'RunShellScript', CommandContent: 'sleep 50000', InstanceId: targets, Timeout: 80000,
  });
  await until(long.InvokeId, 'Running');
  await post('StopInvocation', { InvokeId: long.InvokeId });
  const stopped = await until(long.InvokeId, 'Terminated');
  return {
    regions: regions.map((region) => region.RegionId),
    instances: found.map((row) => row.InstanceId),
    outputs: rows.map((row) => Buffer.from(row.Output, 'base64').toString()),
    statuses: rows.map((row) => row.InvocationStatus),
    stopped: stopped.map((row) => row.InvocationStatus),
  };
}

round().catch((error) => ({ refused: error.code })).then((seen) => console.log(JSON.stringify(seen)));
