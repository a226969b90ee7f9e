-- The memory of the simulated cloud. Times are seconds since 1970; `record` holds a whole object as JSON.

create table if not exists settings (name text primary key, value text not null);
create table if not exists instances (instance_id text primary key, record text not null);
create table if not exists commands (
    command_id text primary key, region text not null, created_at real not null, record text not null);
create index if not exists commands_of_region on commands (region, created_at desc);
create table if not exists invocations (
    seq integer primary key autoincrement, invoke_id text unique not null, region text not null,
    command_id text not null, command_name text not null, command_type text not null, repeat_mode text not null,
    resource_group text not null, created_at real not null, status text not null, is_open integer not null,
    record text not null);
create index if not exists invocations_of_region on invocations (region, seq desc);
create index if not exists invocations_of_command on invocations (command_id);
create table if not exists invocation_tags (
    seq integer not null, key text not null, value text not null, primary key (key, value, seq)) without rowid;
create table if not exists targets (
    invoke_id text not null, position integer not null, instance_id text not null, status text not null,
    exit_code integer, output blob not null, dropped integer not null, error_code text not null,
    error_info text not null, repeats integer not null, created_at real not null, started_at real, finished_at real,
    stopped_at real, updated_at real not null, primary key (invoke_id, instance_id));
create index if not exists targets_of_instance on targets (instance_id, created_at);
create index if not exists open_targets on targets (status)
    where status in ('Pending', 'Scheduled', 'Running', 'Stopping');
create table if not exists rounds (
    invoke_id text not null, instance_id text not null, repeats integer not null, record text not null,
    output blob not null, primary key (invoke_id, instance_id, repeats));
create table if not exists tokens (
    region text not null, operation text not null, token text not null, fingerprint text not null,
    answer text not null, at real not null, primary key (region, operation, token));
create table if not exists usage (
    region text not null, day text not null, calls integer not null, primary key (region, day));
create table if not exists journal_calls (id integer primary key, operation text not null, line text not null);
create table if not exists journal_executions (
    id integer primary key, instance_id text not null, invoke_id text not null, username text not null,
    parameters text not null, content_sha256 text not null, started real not null, finished real, exit_code integer);
create index if not exists journal_by_invocation on journal_executions (invoke_id, instance_id);
