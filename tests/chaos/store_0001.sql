BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('77aa8e46-a8c3-4928-ac7c-75fdaf68d2f1','1',1795323514929,1795323514000,'offtake');
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE events (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	export_id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	key_id TEXT, 
	data TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'5011b068-03a5-43fc-8710-ca92759a4d17','one','export.requested',1795323508240888,'994ccf64-3990-4dc5-993e-d333a777e276','{}');
INSERT INTO "events" VALUES(2,'5011b068-03a5-43fc-8710-ca92759a4d17','one','export.running',1795323516243365,NULL,'{"attempt": 1}');
INSERT INTO "events" VALUES(3,'bcf266f4-ac24-4016-99d4-1452996d84b3','one','export.requested',1795323518105758,'994ccf64-3990-4dc5-993e-d333a777e276','{}');
CREATE TABLE export_datasets (
	export_id TEXT NOT NULL, 
	dataset TEXT NOT NULL, 
	PRIMARY KEY (export_id, dataset), 
	FOREIGN KEY(export_id) REFERENCES exports (id) ON DELETE CASCADE
);
INSERT INTO "export_datasets" VALUES('5011b068-03a5-43fc-8710-ca92759a4d17','numbers');
INSERT INTO "export_datasets" VALUES('bcf266f4-ac24-4016-99d4-1452996d84b3','numbers');
CREATE TABLE exports (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	key_id TEXT NOT NULL, 
	request TEXT NOT NULL, 
	client_reference TEXT, 
	idempotency_key TEXT, 
	one_at_a_time TEXT, 
	created_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	started_at BIGINT, 
	finished_at BIGINT, 
	expires_at BIGINT, 
	attempt INTEGER NOT NULL, 
	deaths INTEGER NOT NULL, 
	rows BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	parts_done INTEGER NOT NULL, 
	expected_rows BIGINT, 
	part_count INTEGER NOT NULL, 
	failure TEXT
);
INSERT INTO "exports" VALUES(1,'5011b068-03a5-43fc-8710-ca92759a4d17','one','994ccf64-3990-4dc5-993e-d333a777e276','{"selections": [{"dataset": "numbers", "fields": ["id", "label", "note"], "where": [], "window": null, "scope": {"tenant": ["one"]}}], "format": "csv", "compression": null, "options": {}, "split": {"rows": null, "bytes": 4000000}, "dialect": "native", "client_reference": null, "idempotency_key": "running", "one_at_a_time": null, "retention": null, "fingerprint": "715af9397d9d248adb065501ce56970b030f71de174064f2d3d8058aead79ff8"}',NULL,'running',NULL,1795323508240888,'running',1795323516234516,NULL,NULL,1,0,86032,2269126,0,400000,0,NULL);
INSERT INTO "exports" VALUES(2,'bcf266f4-ac24-4016-99d4-1452996d84b3','one','994ccf64-3990-4dc5-993e-d333a777e276','{"selections": [{"dataset": "numbers", "fields": ["id", "label", "note"], "where": [{"field": "id", "op": "le", "value": 1000}], "window": null, "scope": {"tenant": ["one"]}}], "format": "jsonl", "compression": null, "options": {}, "split": {"rows": null, "bytes": 4000000}, "dialect": "native", "client_reference": "queued", "idempotency_key": "queued", "one_at_a_time": null, "retention": null, "fingerprint": "7b9ee2df868e3b287864d33063877814e8b49b664c961e9659b2d26ea4fe62f2"}','queued','queued',NULL,1795323518105758,'pending',NULL,NULL,NULL,0,0,0,0,0,NULL,0,NULL);
CREATE TABLE keys (
	id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	hint TEXT NOT NULL, 
	digest BLOB, 
	sealed BLOB, 
	user TEXT, 
	actions TEXT NOT NULL, 
	datasets TEXT, 
	scope TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	revoked_at BIGINT, 
	PRIMARY KEY (id)
);
INSERT INTO "keys" VALUES('994ccf64-3990-4dc5-993e-d333a777e276','one','native','','off_5j4x',X'59B86C6C9A765D663A266959BA761E2CF3766F47A72E34C9F1967DEFEFD26183',NULL,NULL,'["download", "export", "cancel", "read"]',NULL,'{}',1795323497464206,NULL,NULL);
CREATE TABLE leases (
	worker_id TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (worker_id)
);
INSERT INTO "leases" VALUES('c7bbb41b6e3e3483','host',1,1795323519798000);
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE offtake_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT offtake_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "offtake_version" VALUES('0001');
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
CREATE TABLE parts (
	export_id TEXT NOT NULL, 
	selection INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	location TEXT NOT NULL, 
	rows BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (export_id, selection, number), 
	FOREIGN KEY(export_id) REFERENCES exports (id) ON DELETE CASCADE
);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
INSERT INTO "queues" VALUES('02A1FA2AB978392583F28BE4C092A53C','offtake',NULL,4,NULL,NULL,1,1,0.05,1795323514000,1795323514945,'offtake',4,NULL,NULL,NULL);
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE tenants (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	datasets TEXT, 
	grants TEXT NOT NULL, 
	requests_per_second FLOAT, 
	disabled BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "tenants" VALUES('one','One','{"tenant": ["one"]}',NULL,'[]',NULL,0);
INSERT INTO "tenants" VALUES('nobody','Nobody','{"tenant": ["nobody"]}',NULL,'[]',NULL,0);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('5011b068-03a5-43fc-8710-ca92759a4d17','{"namedArgs":{},"positionalArgs":["5011b068-03a5-43fc-8710-ca92759a4d17"]}',1795323508000);
INSERT INTO "workflow_input" VALUES('bcf266f4-ac24-4016-99d4-1452996d84b3','{"namedArgs":{},"positionalArgs":["bcf266f4-ac24-4016-99d4-1452996d84b3"]}',1795323518000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('5011b068-03a5-43fc-8710-ca92759a4d17','PENDING','run_export',NULL,NULL,NULL,NULL,NULL,NULL,'c7bbb41b6e3e3483',1795323508000,1795323516000,'1',NULL,NULL,NULL,1,'offtake',NULL,NULL,NULL,1795323516000,NULL,10,'one',NULL,'c9efacdb-6c10-4705-9bcf-514cf33c18e4',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'offtake','15d8da25-995e-464b-99a7-13e4d14d6deb');
INSERT INTO "workflow_status" VALUES('bcf266f4-ac24-4016-99d4-1452996d84b3','ENQUEUED','run_export',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795323518000,1795323518000,'1',NULL,NULL,NULL,0,'offtake',NULL,NULL,NULL,NULL,NULL,10,'one',NULL,NULL,NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'e3e8b44b-9e12-488d-8b29-decd345587f6');
CREATE UNIQUE INDEX keys_digest ON keys (kind, digest);
CREATE INDEX keys_user ON keys (kind, user);
CREATE UNIQUE INDEX exports_id ON exports (id);
CREATE INDEX exports_tenant ON exports (tenant_id, sequence);
CREATE INDEX exports_reference ON exports (tenant_id, client_reference);
CREATE INDEX exports_state ON exports (state);
CREATE INDEX exports_finished ON exports (finished_at);
CREATE UNIQUE INDEX exports_idempotency_key ON exports (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX exports_one_at_a_time ON exports (tenant_id, one_at_a_time) WHERE one_at_a_time IS NOT NULL AND state IN ('pending', 'running');
CREATE INDEX exports_queue ON exports (tenant_id, sequence) WHERE state = 'pending';
CREATE INDEX exports_expiry ON exports (expires_at) WHERE state = 'succeeded';
CREATE INDEX events_export ON events (export_id, sequence);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('exports',2);
INSERT INTO "sqlite_sequence" VALUES('events',3);
COMMIT;
