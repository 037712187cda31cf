BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('eb3692b0-b0cb-4776-9c9c-3bfed7aae439','1',1795343478037,1795343477000,'offtake');
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE deliveries (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	export_id TEXT NOT NULL, 
	via TEXT NOT NULL, 
	options TEXT NOT NULL, 
	sealed BLOB, 
	path TEXT NOT NULL, 
	finish TEXT NOT NULL, 
	on_existing TEXT NOT NULL, 
	retries TEXT, 
	destination TEXT, 
	created_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	next_at BIGINT, 
	finished_at BIGINT, 
	files TEXT NOT NULL, 
	failure TEXT
);
INSERT INTO "deliveries" VALUES(1,'41cfd7b9-d1d4-433b-9d37-005cd190120c','one','5011b068-03a5-43fc-8710-ca92759a4d17','ftp','{"host": "127.0.0.1", "port": 52121, "username": "one", "tls": "none"}',X'0154D6B23F0B706B413202E501C99C0E61EDD8308EFD6403F3634DEDF4FC9D0197C7C17BFCA346B7C63008BF9F9685AA8C6F7BCD791A186AC89A673A2D0CD267A6CB22043F9D4F83ED4F21CD863E843DED1A6181F16C901CF88CAED4FA9FFF7DEE987F78A6E956E506F62D2D084955','{dataset}/{date}/{export_id}-{part}.{ext}','nothing','replace',NULL,'warehouse',1795343466999349,'waiting',0,0,NULL,NULL,'[]',NULL);
CREATE TABLE destinations (
	tenant_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	via TEXT NOT NULL, 
	options TEXT NOT NULL, 
	sealed BLOB, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (tenant_id, name)
);
INSERT INTO "destinations" VALUES('one','warehouse','ftp','{"host": "127.0.0.1", "port": 52121, "username": "one", "tls": "none"}',X'0154D6B23F4FA18353255BD09C6E64AF00B816F6732539D6EBDDB6A96AEA4BEF70700A06E1F6303C9144CFB482B3CF1E907EC8B7C29E93641CDA46748FAFDC4C4417ADC07607B7A5D34ACDFC6FB90ED95293C9AA61FFFD85EDC4B2F2DEF551436B6E79A8A18760909A25C674790481',1795343457869982);
CREATE TABLE endpoints (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	export_id TEXT, 
	via TEXT NOT NULL, 
	url TEXT NOT NULL, 
	kinds TEXT NOT NULL, 
	options TEXT NOT NULL, 
	secrets TEXT, 
	description TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	disabled_at BIGINT, 
	disabled_because TEXT
);
INSERT INTO "endpoints" VALUES(1,'5461d144-936f-4448-9e5f-3c3fd99d51c9','one',NULL,'native','http://127.0.0.1:58080/hook','["delivery.succeeded", "delivery.failed", "export.expired", "export.running", "export.cancelled", "export.succeeded", "export.part", "export.failed"]','{}','[{"sealed": "AVTWsj8Qis5189xE+M9E8i4hRIr5BMM02gyudXWtXyg8vsHv41929ndHJnBaYGegx4nJ+Ub6054y3Mqkw3sMRykyqBkrNgmaUuW5igcPLnt6t/ZAusHOd9cxn3KT/earL3OeQxO7RQUWrzJGoXU3RZj5RGWXZgTWjjKCGOZ1diMr3Nj8lEV2dTzT9pDwbjI=", "until": null}]','',1795343457885641,NULL,NULL);
INSERT INTO "endpoints" VALUES(2,'36d61e35-a17d-4a85-af6a-77f5dd4210c3','one','bcf266f4-ac24-4016-99d4-1452996d84b3','native','http://127.0.0.1:58080/one','["export.cancelled", "export.failed", "export.succeeded"]','{}','[{"sealed": "AVTWsj9k543ei4BI0lqcH+70Y0sOnfsjweZAO0Wp6/8uZXRf5leAFKg92ueUqe4I25h6RWcOBAns1+0tz4lYzdbyRr5G0sL66dHB5+7feEWR8h3V+c/Oo6m9rH/AKYxvCCxUpTZPSv2P5w7Pl36W3yxxEXt7WOkWKjWKB3neeKKte79oxoVE0rOulnbrY+Q=", "until": null}]','',1795343482942136,NULL,NULL);
CREATE TABLE events (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	export_id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	key_id TEXT, 
	data TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'5011b068-03a5-43fc-8710-ca92759a4d17','one','export.requested',1795343466888368,'994ccf64-3990-4dc5-993e-d333a777e276','{}');
INSERT INTO "events" VALUES(2,'5011b068-03a5-43fc-8710-ca92759a4d17','one','export.running',1795343479287386,NULL,'{"attempt": 1}');
INSERT INTO "events" VALUES(3,'bcf266f4-ac24-4016-99d4-1452996d84b3','one','export.requested',1795343482942136,'994ccf64-3990-4dc5-993e-d333a777e276','{}');
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
INSERT INTO "exports" VALUES(1,'5011b068-03a5-43fc-8710-ca92759a4d17','one','994ccf64-3990-4dc5-993e-d333a777e276','{"selections": [{"dataset": "numbers", "fields": ["id", "label", "note"], "where": [], "window": null, "scope": {"tenant": ["one"]}}], "format": "csv", "compression": null, "recipients": [], "options": {}, "split": {"rows": null, "bytes": 4000000}, "dialect": "native", "client_reference": null, "idempotency_key": "running", "one_at_a_time": null, "retention": null, "callbacks": [], "targets": [], "fingerprint": "715af9397d9d248adb065501ce56970b030f71de174064f2d3d8058aead79ff8"}',NULL,'running',NULL,1795343466888368,'running',1795343479279589,NULL,NULL,1,0,45072,1145761,0,400000,0,NULL);
INSERT INTO "exports" VALUES(2,'bcf266f4-ac24-4016-99d4-1452996d84b3','one','994ccf64-3990-4dc5-993e-d333a777e276','{"selections": [{"dataset": "numbers", "fields": ["id", "label", "note"], "where": [{"field": "id", "op": "le", "value": 1000}], "window": null, "scope": {"tenant": ["one"]}}], "format": "jsonl", "compression": null, "recipients": [], "options": {}, "split": {"rows": null, "bytes": 4000000}, "dialect": "native", "client_reference": null, "idempotency_key": "820e99fe-cc51-4c9a-8acd-98da8d1f365e", "one_at_a_time": null, "retention": null, "callbacks": [], "targets": [], "fingerprint": "b0e6724b3310e6214f6a4a5c12106880f974a7830a954aa2bbaf05e211312f36"}',NULL,'820e99fe-cc51-4c9a-8acd-98da8d1f365e',NULL,1795343482942136,'pending',NULL,NULL,NULL,0,0,0,0,0,NULL,0,NULL);
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
INSERT INTO "keys" VALUES('994ccf64-3990-4dc5-993e-d333a777e276','one','native','','off_5j4x',X'59B86C6C9A765D663A266959BA761E2CF3766F47A72E34C9F1967DEFEFD26183',NULL,NULL,'["manage", "export", "cancel", "download", "read"]',NULL,'{}',1795323497464206,NULL,NULL);
CREATE TABLE leases (
	worker_id TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (worker_id)
);
INSERT INTO "leases" VALUES('5ac0d25201788d31','vm',27164,1795343484349000);
CREATE TABLE messages (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	endpoint_id TEXT NOT NULL, 
	tenant_id TEXT NOT NULL, 
	export_id TEXT, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	data TEXT NOT NULL, 
	lane TEXT NOT NULL, 
	state TEXT NOT NULL, 
	tries INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	next_at BIGINT
);
INSERT INTO "messages" VALUES(1,'msg_48c99dd5-e544-4761-9708-95d0192deb99','5461d144-936f-4448-9e5f-3c3fd99d51c9','one','5011b068-03a5-43fc-8710-ca92759a4d17','export.running',1795343479287386,'{"attempt": 1}','one:127.0.0.1:58080','queued',1,1,1795343484671279);
INSERT INTO "messages" VALUES(2,'msg_552db7a0-3c7b-4c7b-abe8-95d20660d35a','5461d144-936f-4448-9e5f-3c3fd99d51c9','one',NULL,'endpoint.ping',1795343483048916,'{}','one:127.0.0.1:58080','queued',0,0,1795343483054483);
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
INSERT INTO "offtake_version" VALUES('0002');
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
INSERT INTO "operation_outputs" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99~0',1,'call_back.do','null',NULL,NULL,1795343479470,1795343479558,'portable_json','offtake',1795343479000);
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
INSERT INTO "queues" VALUES('736B9D6EAF2C03EE7F10F7E89B476E9B','offtake',NULL,4,NULL,NULL,1,1,0.05,1795343478000,1795343478077,'offtake',2,NULL,NULL,NULL);
INSERT INTO "queues" VALUES('72AFEC668C7FDC31FE3FE52C73B00F34','offtake-callbacks',NULL,1000,NULL,NULL,1,0,0.3,1795343478000,1795343478147,'offtake',NULL,NULL,NULL,NULL);
INSERT INTO "queues" VALUES('7E61D2E46DC867F25DC4DF30B5A52032','offtake-deliveries',NULL,4,NULL,NULL,1,1,1.0,1795343478000,1795343478165,'offtake',2,NULL,NULL,NULL);
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
CREATE TABLE tries (
	subject TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	seconds FLOAT NOT NULL, 
	status INTEGER, 
	answer TEXT NOT NULL, 
	trouble TEXT, 
	reason TEXT, 
	PRIMARY KEY (subject, number)
);
INSERT INTO "tries" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99',1,1795343479505290,0.003724,NULL,'""','unreachable','"127.0.0.1:58080 could not be reached: connection refused."');
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
INSERT INTO "workflow_input" VALUES('5011b068-03a5-43fc-8710-ca92759a4d17','{"namedArgs":{},"positionalArgs":["5011b068-03a5-43fc-8710-ca92759a4d17"]}',1795343466000);
INSERT INTO "workflow_input" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99~0','{"namedArgs":{},"positionalArgs":["msg_48c99dd5-e544-4761-9708-95d0192deb99"]}',1795343479000);
INSERT INTO "workflow_input" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99~1','{"namedArgs":{},"positionalArgs":["msg_48c99dd5-e544-4761-9708-95d0192deb99"]}',1795343479000);
INSERT INTO "workflow_input" VALUES('bcf266f4-ac24-4016-99d4-1452996d84b3','{"namedArgs":{},"positionalArgs":["bcf266f4-ac24-4016-99d4-1452996d84b3"]}',1795343482000);
INSERT INTO "workflow_input" VALUES('msg_552db7a0-3c7b-4c7b-abe8-95d20660d35a~0','{"namedArgs":{},"positionalArgs":["msg_552db7a0-3c7b-4c7b-abe8-95d20660d35a"]}',1795343483000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99~0','null',NULL,1795343479000);
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
INSERT INTO "workflow_status" VALUES('5011b068-03a5-43fc-8710-ca92759a4d17','PENDING','run_export',NULL,NULL,NULL,NULL,NULL,NULL,'5ac0d25201788d31',1795343466000,1795343479000,'1',NULL,NULL,NULL,1,'offtake',NULL,NULL,NULL,1795343479000,NULL,10,'one',NULL,'9e5ffb0c-1b8c-46bf-93b5-c8a551fabe64',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'offtake','770c655a-1c66-4237-a7b7-01b2f9f1aad2');
INSERT INTO "workflow_status" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99~0','SUCCESS','call_back',NULL,NULL,NULL,NULL,NULL,NULL,'5ac0d25201788d31',1795343479000,1795343479000,'1',NULL,NULL,NULL,1,'offtake-callbacks',NULL,NULL,NULL,1795343479000,NULL,10,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795343479000,'null',NULL,NULL,0,'offtake','72f18c63-29f0-45b9-9f69-c64c6cc66961');
INSERT INTO "workflow_status" VALUES('msg_48c99dd5-e544-4761-9708-95d0192deb99~1','DELAYED','call_back',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795343479000,1795343479000,'1',NULL,NULL,NULL,0,'offtake-callbacks',NULL,NULL,NULL,NULL,NULL,10,NULL,NULL,NULL,NULL,'portable_json',1795343484671,0,0,NULL,'null',NULL,NULL,0,NULL,'041b4475-1605-4e83-88ab-07aed62d02ce');
INSERT INTO "workflow_status" VALUES('bcf266f4-ac24-4016-99d4-1452996d84b3','ENQUEUED','run_export',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795343482000,1795343482000,'1',NULL,NULL,NULL,0,'offtake',NULL,NULL,NULL,NULL,NULL,10,'one',NULL,NULL,NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'079f41fd-4200-49f0-b8f9-d94b078b9eb6');
INSERT INTO "workflow_status" VALUES('msg_552db7a0-3c7b-4c7b-abe8-95d20660d35a~0','ENQUEUED','call_back',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795343483000,1795343483000,'1',NULL,NULL,NULL,0,'offtake-callbacks',NULL,NULL,NULL,NULL,NULL,10,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'2a34e297-8c25-404b-b838-2633837c37e3');
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
CREATE UNIQUE INDEX endpoints_id ON endpoints (id);
CREATE INDEX endpoints_tenant ON endpoints (tenant_id, export_id, sequence);
CREATE INDEX endpoints_export ON endpoints (export_id) WHERE export_id IS NOT NULL;
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE INDEX messages_tenant ON messages (tenant_id, sequence);
CREATE INDEX messages_state ON messages (tenant_id, state, sequence);
CREATE INDEX messages_endpoint ON messages (endpoint_id, sequence);
CREATE INDEX messages_export ON messages (export_id, sequence) WHERE export_id IS NOT NULL;
CREATE INDEX messages_waiting ON messages (lane, sequence) WHERE state = 'waiting';
CREATE INDEX messages_queued ON messages (lane) WHERE state = 'queued';
CREATE UNIQUE INDEX deliveries_id ON deliveries (id);
CREATE INDEX deliveries_export ON deliveries (export_id, sequence);
CREATE INDEX deliveries_tenant ON deliveries (tenant_id, sequence);
CREATE INDEX deliveries_tenant_state ON deliveries (tenant_id, state, sequence);
CREATE INDEX deliveries_state ON deliveries (state, sequence);
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
INSERT INTO "sqlite_sequence" VALUES('endpoints',2);
INSERT INTO "sqlite_sequence" VALUES('exports',2);
INSERT INTO "sqlite_sequence" VALUES('events',3);
INSERT INTO "sqlite_sequence" VALUES('deliveries',1);
INSERT INTO "sqlite_sequence" VALUES('messages',2);
COMMIT;
