/*
 * test_text.c - lines of programs that have no format of their own.
 */
#include "tests/unit/support/parser_bench.h"

static const struct parser_case cases[] = {
    {"2023-10-27 10:00:00 ERROR: Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"2023-10-27 10:00:00 ERROR Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"2023-10-27T10:00:00Z [ERROR] Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"[2023-10-27 10:00:00] [error] Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"[ERROR] 2023-10-27 10:00:00 Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"ERROR 2023-10-27 10:00:00 - Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"ERROR: Something went wrong", "message=Something went wrong | log.level=error"},
    {"[WARN] Something went wrong", "message=Something went wrong | log.level=warn"},
    {"2023-10-27 10:00:00 error: Something went wrong",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Something went wrong | log.level=error"},
    {"2023-10-27 10:00:00 the word error in prose is no level",
     "@timestamp=2023-10-27T10:00:00.000Z | message=the word error in prose is no level"},
    {"2023-10-27 10:00:00 Error opening a file",
     "@timestamp=2023-10-27T10:00:00.000Z | message=Error opening a file"},
    {"an ERROR in the middle of prose", "message=an ERROR in the middle of prose"},
    {"just text", "message=just text"},
    {"2015-07-29 17:41:44,747 - INFO  "
     "[QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time "
     "out: 3200",
     "@timestamp=2015-07-29T17:41:44.747Z | message=Notification time out: 3200 | "
     "log.level=info | log.logger=FastLeaderElection | log.origin.file.line=774 | "
     "process.thread.name=QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181"},
    {"2015-07-29 19:04:12,394 - WARN  "
     "[RecvWorker:188978561024:QuorumCnxManager$RecvWorker@762] - Connection broken for id "
     "188978561024",
     "@timestamp=2015-07-29T19:04:12.394Z | message=Connection broken for id 188978561024 | "
     "log.level=warn | log.logger=QuorumCnxManager$RecvWorker | log.origin.file.line=762 | "
     "process.thread.name=RecvWorker:188978561024"},
    {"081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block "
     "blk_388 terminating",
     "@timestamp=2008-11-09T20:36:15.000Z | message=PacketResponder 1 for block blk_388 "
     "terminating | log.level=info | log.logger=dfs.DataNode$PacketResponder | "
     "process.pid=148"},
    {"2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: "
     "Created MRAppMaster for application",
     "@timestamp=2015-10-18T18:01:47.978Z | message=Created MRAppMaster for application | "
     "log.level=info | log.logger=org.apache.hadoop.mapreduce.v2.app.MRAppMaster | "
     "process.thread.name=main"},
    {"2015-10-18 18:01:53,713 INFO [IPC Server listener on 62260] "
     "org.apache.hadoop.ipc.Server: IPC Server listener on 62260: starting",
     "@timestamp=2015-10-18T18:01:53.713Z | message=IPC Server listener on 62260: starting "
     "| log.level=info | log.logger=org.apache.hadoop.ipc.Server | process.thread.name=IPC "
     "Server listener on 62260"},
    {"17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal "
     "handlers for [TERM, HUP, INT]",
     "@timestamp=2017-06-09T20:10:40.000Z | message=Registered signal handlers for [TERM, "
     "HUP, INT] | log.level=info | log.logger=executor.CoarseGrainedExecutorBackend"},
    {"nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO "
     "nova.osapi_compute.wsgi.server [req-38101a0b-2096 113d3a99 54fadb41 - - -] 10.11.10.1 "
     "\"GET /v2/servers/detail HTTP/1.1\" status: 200",
     "@timestamp=2017-05-16T00:00:00.008Z | message=10.11.10.1 \"GET /v2/servers/detail "
     "HTTP/1.1\" status: 200 | log.level=info | log.logger=nova.osapi_compute.wsgi.server | "
     "http.request.id=req-38101a0b-2096 | process.pid=25746 | "
     "labels.prefix=\"nova-api.log.1.2017-05-16_13:53:08\" | "
     "labels.context=\"req-38101a0b-2096 113d3a99 54fadb41 - - -\""},
    {"2017-05-16 00:00:04.500 2931 WARNING nova.compute.manager [-] While synchronizing "
     "instance power states",
     "@timestamp=2017-05-16T00:00:04.500Z | message=While synchronizing instance power "
     "states | log.level=warn | log.logger=nova.compute.manager | process.pid=2931"},
    {"- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.363779 "
     "R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error corrected",
     "@timestamp=2005-06-03T22:42:50.000Z | message=instruction cache parity error "
     "corrected | log.level=info | log.logger=KERNEL | host.hostname=R02-M1-N0-C:J12-U11"},
    {"APPREAD 1117869872 2005.06.04 R23-M1-N8-I:J18-U11 2005-06-04-00.24.32.398284 "
     "R23-M1-N8-I:J18-U11 RAS APP FATAL ciod: failed to read message prefix",
     "@timestamp=2005-06-04T07:24:32.000Z | message=ciod: failed to read message prefix | "
     "log.level=critical | log.logger=APP | host.hostname=R23-M1-N8-I:J18-U11 | "
     "labels.alert=\"APPREAD\""},
    {"134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: "
     "Component \\042alt0\\042 is in the unavailable state",
     "@timestamp=2004-02-26T14:12:22.000Z | message=Component State Change: Component "
     "\\042alt0\\042 is in the unavailable state | event.sequence=134681 | "
     "event.action=state_change.unavailable | log.logger=unix.hw | host.hostname=node-246 | "
     "labels.flag=\"1\""},
    {"- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: "
     "session closed for user root",
     "@timestamp=2005-11-09T20:01:01.000Z | message=session closed for user root | "
     "log.syslog.procid=2915 | process.name=crond(pam_unix) | process.pid=2915 | "
     "host.hostname=dn228/dn228"},
    {"2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack "
     "v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\x.dll",
     "@timestamp=2016-09-28T04:30:30.000Z | message=Loaded Servicing Stack v6.1.7601.23505 "
     "with Core: C:\\Windows\\winsxs\\x.dll | log.level=info | log.logger=CBS"},
    {"2016-09-28 04:30:31, Info                  CSI    00000001@2016/9/27:20:30:31.455 "
     "WcpInitialize called",
     "@timestamp=2016-09-28T04:30:31.000Z | message=00000001@2016/9/27:20:30:31.455 "
     "WcpInitialize called | log.level=info | log.logger=CSI"},
    {"Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0",
     "@timestamp=2026-06-14T15:16:01.000Z | message=authentication failure; logname= uid=0 "
     "| log.syslog.procid=19939 | process.name=sshd(pam_unix) | process.pid=19939 | "
     "host.hostname=combo"},
    {"Jun 29 10:08:19 combo syslogd 1.4.1: restart.",
     "@timestamp=2026-06-29T10:08:19.000Z | message=restart. | process.name=syslogd | "
     "service.version=1.4.1 | host.hostname=combo"},
    {"Jul  1 09:00:55 calvisitor-10-105-160-95 kernel[0]: "
     "IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet",
     "@timestamp=2026-07-01T09:00:55.000Z | "
     "message=IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet | "
     "log.syslog.procid=0 | process.name=kernel | process.pid=0 | "
     "host.hostname=calvisitor-10-105-160-95"},
    {"Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster from 173.234.31.186",
     "@timestamp=2025-12-10T06:55:46.000Z | message=Invalid user webmaster from "
     "173.234.31.186 | log.syslog.procid=24200 | process.name=sshd | process.pid=24200 | "
     "host.hostname=LabSZ"},
    {"03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app "
     "wtoken = AppWindowToken{9f4ef63}",
     "@timestamp=2026-03-17T16:13:38.811Z | message=printFreezingDisplayLogsopening app "
     "wtoken = AppWindowToken{9f4ef63} | log.level=debug | log.logger=WindowManager | "
     "process.pid=1702 | process.thread.id=2395"},
    {"03-17 16:13:38.811 D/WindowManager( 1702): brief",
     "@timestamp=2026-03-17T16:13:38.811Z | message=brief | log.level=debug | "
     "log.logger=WindowManager | process.pid=1702"},
    {"20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
     "@timestamp=2017-12-23T22:15:29.606Z | message=onStandStepChanged 3579 | "
     "log.logger=Step_LSC | process.pid=30002312"},
    {"[Thu Jun 09 06:07:04 2005] [notice] LDAP: Built with OpenLDAP LDAP SDK",
     "@timestamp=2005-06-09T06:07:04.000Z | message=LDAP: Built with OpenLDAP LDAP SDK | "
     "log.level=notice"},
    {"[10.30 16:49:06] chrome.exe - proxy.cse.cuhk.edu.hk:5070 open through proxy "
     "proxy.cse.cuhk.edu.hk:5070 HTTPS",
     "@timestamp=2026-10-30T16:49:06.000Z | message=proxy.cse.cuhk.edu.hk:5070 open through "
     "proxy proxy.cse.cuhk.edu.hk:5070 HTTPS | process.name=chrome.exe"},
    {"[10.30 16:49:06] chrome.exe *64 - proxy.cse.cuhk.edu.hk:5070 close, 0 bytes sent",
     "@timestamp=2026-10-30T16:49:06.000Z | message=proxy.cse.cuhk.edu.hk:5070 close, 0 "
     "bytes sent | process.name=chrome.exe"},
    {"2026-11-21 12:00:00,123 - myapp.module - ERROR - message of Python's logging",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of Python's logging | "
     "log.level=error | log.logger=myapp.module"},
    {"2026-11-21 12:00:00,123 - root - INFO - message",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message | log.level=info | "
     "log.logger=root"},
    {"2026-11-21 12:00:00,123 root WARNING message",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message | log.level=warn | "
     "log.logger=root"},
    {"ERROR:root:message of basicConfig",
     "message=message of basicConfig | log.level=error | log.logger=root"},
    {"WARNING:my.module:message: with a colon",
     "message=message: with a colon | log.level=warn | log.logger=my.module"},
    {"[2026-11-21 12:00:00 +0000] [123] [INFO] Starting gunicorn 20.0",
     "@timestamp=2026-11-21T12:00:00.000Z | message=Starting gunicorn 20.0 | log.level=info "
     "| process.pid=123"},
    {"[2026-11-21 12:00:00,123: INFO/MainProcess] Celery is ready",
     "@timestamp=2026-11-21T12:00:00.123Z | message=Celery is ready | log.level=info | "
     "process.thread.name=MainProcess"},
    {"[2026-11-21 12:00:00,123] ERROR in app: Exception on / [GET]",
     "@timestamp=2026-11-21T12:00:00.123Z | message=Exception on / [GET] | log.level=error "
     "| log.logger=app"},
    {"INFO:     127.0.0.1:1234 - \"GET / HTTP/1.1\" 200 OK",
     "message=127.0.0.1:1234 - \"GET / HTTP/1.1\" 200 OK | log.level=info"},
    {"I, [2026-11-21T12:00:00.123456 #1234]  INFO -- : Started GET \"/\"",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=Started GET \"/\" | log.level=info | "
     "process.pid=1234"},
    {"E, [2026-11-21T12:00:00.123456 #1234] ERROR -- worker: failed",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=failed | log.level=error | "
     "log.logger=worker | process.pid=1234"},
    {"[21-Nov-2026 12:00:00 UTC] PHP Warning:  Undefined variable in /srv/a.php on line 3",
     "@timestamp=2026-11-21T12:00:00.000Z | message=PHP Warning:  Undefined variable in "
     "/srv/a.php on line 3 | log.level=warn"},
    {"[2026-11-21T12:00:00.123456+00:00] app.ERROR: message of Monolog {\"a\":1} []",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=message of Monolog {\"a\":1} [] | "
     "log.level=error | log.logger=app"},
    {"[2026-11-21 12:00:00] local.INFO: message of Laravel",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of Laravel | log.level=info | "
     "log.logger=local"},
    {"I1121 12:00:00.123456   1234 server.cc:12] message of glog",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=message of glog | log.level=info | "
     "log.origin.file.name=server.cc | log.origin.file.line=12 | process.thread.id=1234"},
    {"W1121 12:00:00.123456       1 reflector.go:302] message of klog",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=message of klog | log.level=warn | "
     "log.origin.file.name=reflector.go | log.origin.file.line=302 | process.thread.id=1"},
    {"2026-11-21 12:00:00.123  INFO 123 --- [           main] c.e.App                       "
     "           : Started App in 1.2 s",
     "@timestamp=2026-11-21T12:00:00.123Z | message=Started App in 1.2 s | log.level=info | "
     "log.logger=c.e.App | process.pid=123 | process.thread.name=main"},
    {"2026-11-21T12:00:00.123Z  WARN 1 --- [my-app] [nio-8080-exec-1] "
     "o.s.w.s.DispatcherServlet : Completed in 2 ms",
     "@timestamp=2026-11-21T12:00:00.123Z | message=Completed in 2 ms | log.level=warn | "
     "log.logger=o.s.w.s.DispatcherServlet | process.pid=1 | "
     "process.thread.name=nio-8080-exec-1 | labels.context=\"my-app\""},
    {"12:00:00.123 [main] DEBUG com.example.App - message of Logback",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of Logback | log.level=debug | "
     "log.logger=com.example.App | process.thread.name=main"},
    {"2026-11-21 12:00:00.123 UTC [123] LOG:  database system is ready",
     "@timestamp=2026-11-21T12:00:00.123Z | message=database system is ready | "
     "log.level=info | process.pid=123"},
    {"2026-11-21 12:00:00.123 UTC [123] joe@shop ERROR:  relation \"x\" does not exist at "
     "character 15",
     "@timestamp=2026-11-21T12:00:00.123Z | message=relation \"x\" does not exist at "
     "character 15 | log.level=error | user.name=joe | process.pid=123 | "
     "labels.database=\"shop\""},
    {"2026-11-21 12:00:00.123 UTC [123-1] STATEMENT:  select 1",
     "@timestamp=2026-11-21T12:00:00.123Z | message=STATEMENT:  select 1 | process.pid=123"},
    {"2026-11-21T12:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self "
     "signed",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=CA certificate is self signed | "
     "event.code=MY-010068 | log.level=warn | log.logger=Server | process.thread.id=0"},
    {"2026-11-21T12:00:00.123456Z 5 [Note] Access denied for user",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=Access denied for user | "
     "log.level=notice | process.thread.id=5"},
    {"2026-11-21 12:00:00 0 [Note] InnoDB: Completed initialization of buffer pool",
     "@timestamp=2026-11-21T12:00:00.000Z | message=InnoDB: Completed initialization of "
     "buffer pool | log.level=notice | process.thread.id=0"},
    {"2019-11-21T12:00:00.123+0000 I NETWORK  [conn123] end connection 127.0.0.1:1234",
     "@timestamp=2019-11-21T12:00:00.123Z | message=end connection 127.0.0.1:1234 | "
     "log.level=info | log.logger=NETWORK | process.thread.name=conn123"},
    {"2019-11-21T12:00:00.123+0000 D2 -        [ftdc] message",
     "@timestamp=2019-11-21T12:00:00.123Z | message=message | log.level=debug | "
     "process.thread.name=ftdc"},
    {"1:M 21 Nov 2026 12:00:00.123 * Ready to accept connections",
     "@timestamp=2026-11-21T12:00:00.123Z | message=Ready to accept connections | "
     "log.level=notice | process.pid=1"},
    {"1:C 21 Nov 2026 12:00:00.123 # WARNING overcommit_memory is set to 0!",
     "@timestamp=2026-11-21T12:00:00.123Z | message=WARNING overcommit_memory is set to 0! "
     "| log.level=warn | process.pid=1"},
    {"[1234] 21 Nov 12:00:00.123 # Server started",
     "@timestamp=2026-11-21T12:00:00.123Z | message=Server started | log.level=warn | "
     "process.pid=1234"},
    {"[2026-11-21T12:00:00,123][INFO ][o.e.n.Node               ] [node-1] starting ...",
     "@timestamp=2026-11-21T12:00:00.123Z | message=[node-1] starting ... | log.level=info "
     "| log.logger=o.e.n.Node"},
    {"[2026-11-21 12:00:00,123] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)",
     "@timestamp=2026-11-21T12:00:00.123Z | message=[KafkaServer id=0] started | "
     "log.level=info | log.logger=kafka.server.KafkaServer"},
    {"INFO  [main] 2026-11-21 12:00:00,123 StorageService.java:123 - message of Cassandra",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of Cassandra | log.level=info | "
     "log.origin.file.name=StorageService.java | log.origin.file.line=123 | "
     "process.thread.name=main"},
    {"[   12.345678] usb 1-1: new device", "message=[   12.345678] usb 1-1: new device"},
    {"[Sat Nov 21 12:00:00 2026] usb 1-1: new device",
     "@timestamp=2026-11-21T12:00:00.000Z | message=usb 1-1: new device"},
    {"2026/11/21 12:00:00 message of Go",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of Go"},
    {"2026/11/21 12:00:00 main.go:12: message of Go",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of Go | "
     "log.origin.file.name=main.go | log.origin.file.line=12"},
    {"2026-11-21T12:00:00.123Z\tINFO\tserver\tcmd/main.go:12\tmessage of zap\t{\"a\": 1}",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of zap\t{\"a\": 1} | "
     "log.level=info | log.logger=server | log.origin.file.name=cmd/main.go | "
     "log.origin.file.line=12"},
    {"2026-11-21T12:00:00Z INF message of zerolog a=1",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of zerolog a=1 | log.level=info"},
    {"INFO[0001] message of logrus                     a=1",
     "message=message of logrus                     a=1 | log.level=info"},
    {"time=\"2026-11-21T12:00:00Z\" level=warning msg=\"message of logrus\" a=1",
     "@timestamp=2026-11-21T12:00:00.000Z | message=time=\"2026-11-21T12:00:00Z\" "
     "level=warning msg=\"message of logrus\" a=1 | log.level=warn"},
    {"[2026-11-21T12:00:00Z INFO  hello::world] message of env_logger",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of env_logger | log.level=info "
     "| log.logger=hello::world"},
    {"2026-11-21T12:00:00.123456Z  INFO hello::world: message of tracing",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=message of tracing | log.level=info "
     "| log.logger=hello::world"},
    {"[12:00:00 INF] message of Serilog",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of Serilog | log.level=info"},
    {"2026-11-21 12:00:00.123 +00:00 [ERR] message of Serilog",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of Serilog | log.level=error"},
    {"2026-11-21 12:00:00.1234|INFO|My.Logger|message of NLog",
     "@timestamp=2026-11-21T12:00:00.123400Z | message=message of NLog | log.level=info | "
     "log.logger=My.Logger"},
    {"2026-11-21 12:00:00.123 | WARNING  | my.module:function:12 - message of loguru",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of loguru | log.level=warn | "
     "log.logger=my.module | log.origin.function=function | log.origin.file.line=12"},
    {"2026-11-21 12:00:00.123456+00:00 [info] <0.222.0> message of RabbitMQ",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=<0.222.0> message of RabbitMQ | "
     "log.level=info"},
    {"2026-11-21T12:00:00.123Z [INFO]  agent.server: message of Consul",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of Consul | log.level=info | "
     "log.logger=agent.server"},
    {"12:00:00.123 [info] message of Elixir",
     "@timestamp=2026-11-21T12:00:00.123Z | message=message of Elixir | log.level=info"},
    {"web_1  | 2026-11-21 12:00:00 ERROR message behind a container's name",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message behind a container's name | "
     "log.level=error | labels.prefix=\"web_1\""},
    {"0|app  | 2026-11-21T12:00:00: message behind pm2's",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message behind pm2's | "
     "labels.prefix=\"0|app\""},
    {"2026-11-21T12:00:00: message of pm2",
     "@timestamp=2026-11-21T12:00:00.000Z | message=message of pm2"},
    {"2026-11-21T12:00:00.123456+01:00 host app[12]: a file of rsyslog",
     "@timestamp=2026-11-21T11:00:00.123456Z | message=a file of rsyslog | "
     "log.syslog.procid=12 | process.name=app | process.pid=12 | host.hostname=host"},
    {"Job started at 2026-11-21 12:00:00 on host1",
     "@timestamp=2026-11-21T12:00:00.000Z | message=Job started at 2026-11-21 12:00:00 on "
     "host1"},
    {"12:00:00 is a time of some day", "message=12:00:00 is a time of some day"},
    {"01795262400 is a number", "message=01795262400 is a number"},
    {"1795262400 is a number too", "message=1795262400 is a number too"},
    {"2026-11-21 12:00:00", "@timestamp=2026-11-21T12:00:00.000Z | message=2026-11-21 12:00:00"},
    {"INFO", "message=INFO | log.level=info"},
    {"", ""},
    {"   indented text", "message=   indented text"},
    {"\033[32mINFO\033[0m 2026-11-21 12:00:00 \033[1mbold\033[0m text",
     "@timestamp=2026-11-21T12:00:00.000Z | message=bold text | log.level=info"},
    {"\033[31merror in colour\033[0m", "message=error in colour"},
    {"\357\273\2772026-11-21 12:00:00 WARN behind a mark",
     "@timestamp=2026-11-21T12:00:00.000Z | message=behind a mark | log.level=warn"},
    {"2026-11-21 12:00:00 ERROR \377 bytes",
     "@timestamp=2026-11-21T12:00:00.000Z | message=\377 bytes | log.level=error"},
    {"20171223-22:5:3:7|Step_LSC|30002312|numbers without zeros in front",
     "@timestamp=2017-12-23T22:05:03.007Z | message=numbers without zeros in front | "
     "log.logger=Step_LSC | process.pid=30002312"},
    {"2274013 full partition status 1060340885 -1 running",
     "@timestamp=2003-08-08T11:08:05.000Z | message=running | event.sequence=2274013 | "
     "event.action=status | log.logger=partition | host.hostname=full | labels.flag=\"-1\""},
    {"Jul  7 08:06:15 combo  -- root[2421]: ROOT LOGIN ON tty2",
     "@timestamp=2026-07-07T08:06:15.000Z | message=ROOT LOGIN ON tty2 | "
     "log.syslog.procid=2421 | process.name=root | process.pid=2421 | host.hostname=combo"},
    {"Jul  4 23:22:09 mac Microsoft Word[14463]: two words",
     "@timestamp=2026-07-04T23:22:09.000Z | message=two words | log.syslog.procid=14463 | "
     "process.name=Microsoft Word | process.pid=14463 | host.hostname=mac"},
    {"Jul  4 23:22:09 mac BezelServices 255.10[94]: ASSERTION FAILED",
     "@timestamp=2026-07-04T23:22:09.000Z | message=ASSERTION FAILED | log.syslog.procid=94 "
     "| process.name=BezelServices 255.10 | process.pid=94 | host.hostname=mac"},
    {"Jul  1 20:45:43 mac com.apple.xpc.launchd[1] (com.apple.mdworker[12345]): Service "
     "exited",
     "@timestamp=2026-07-01T20:45:43.000Z | message=Service exited | log.syslog.procid=1 | "
     "process.name=com.apple.xpc.launchd | process.pid=1 | host.hostname=mac | "
     "labels.context=\"com.apple.mdworker[12345]\""},
    {"2026-11-21 12:00:00 INFO example.org is up",
     "@timestamp=2026-11-21T12:00:00.000Z | message=example.org is up | log.level=info"},
    {"2026-11-21 12:00:00 INFO Connection refused: host",
     "@timestamp=2026-11-21T12:00:00.000Z | message=Connection refused: host | "
     "log.level=info"},
    {"2026-11-21 12:00:00 [main] message with a bracket",
     "@timestamp=2026-11-21T12:00:00.000Z | message=[main] message with a bracket"},
    {"2026-11-21 12:00:00 [1] (2) [x] message",
     "@timestamp=2026-11-21T12:00:00.000Z | message=(2) [x] message | process.pid=1"},
    {"level=error msg=\"no time\"", "message=level=error msg=\"no time\" | log.level=error"},
    {"2026-11-21 12:00:00 NOTE that this is prose",
     "@timestamp=2026-11-21T12:00:00.000Z | message=NOTE that this is prose"},
    {"SYSTEM is no level at the beginning", "message=SYSTEM is no level at the beginning"},
    {"2026-11-21 12:00:00 -5 degrees", "@timestamp=2026-11-21T12:00:00.000Z | message=-5 degrees"},
    {"a.b.C: no level, no time", "message=a.b.C: no level, no time"},
    {"31-Jul-2020 16:40:38.505 INFO [localhost-startStop-1] "
     "org.apache.catalina.startup.HostConfig.deployDirectory Deployment has finished in "
     "[40] ms",
     "@timestamp=2020-07-31T16:40:38.505Z | message=Deployment has finished in [40] ms | "
     "log.level=info | log.logger=org.apache.catalina.startup.HostConfig | "
     "log.origin.function=deployDirectory | process.thread.name=localhost-startStop-1"},
    {"2015-04-23T07:00:13.864+0200 I CONTROL  Ctrl-C signal",
     "@timestamp=2015-04-23T05:00:13.864Z | message=Ctrl-C signal | log.level=info | "
     "log.logger=CONTROL"},
    {"2015-04-23T06:57:28.256+0200 I JOURNAL  [journal writer] Journal writer thread started",
     "@timestamp=2015-04-23T04:57:28.256Z | message=Journal writer thread started | "
     "log.level=info | log.logger=JOURNAL | process.thread.name=journal writer"},
    {"2026-11-21 12:00:00 I am no level",
     "@timestamp=2026-11-21T12:00:00.000Z | message=I am no level"},
    /* these do not fit: they would get another time */
    {"2026-02-30 10:00:00 ERROR: no such day", NULL},
    {"[2026-13-01 10:00:00] ERROR: no such month", NULL},
    {"2026/11/21 25:00:00 no such hour", NULL},
};

static void lines_become_records(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "text", NULL);
    bench.skip[FIELD_LOG_SYSLOG_APPNAME] = bench.skip[FIELD_LOG_SYSLOG_HOSTNAME] = true;
    bench_expect_all(&bench, cases, ARRAY_LEN(cases));
    bench_close(&bench);
}

static void times_are_of_the_inputs_zone(void **state)
{
    static const struct parser_case local[] = {
        {"2026-07-21 12:00:00 ERROR text",
         "@timestamp=2026-07-21T10:00:00.000Z | message=text | log.level=error"},
        {"2026-07-21 12:00:00 UTC ERROR its own zone",
         "@timestamp=2026-07-21T12:00:00.000Z | message=its own zone | log.level=error"},
        {"20260721-12:0:0:0|a|1|text",
         "@timestamp=2026-07-21T10:00:00.000Z | message=text | log.logger=a | process.pid=1"},
        {"- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 ntpd[2915]: POSIX time is UTC",
         "@timestamp=2005-11-09T20:01:01.000Z | message=POSIX time is UTC | "
         "log.syslog.appname=ntpd | log.syslog.hostname=dn228/dn228 | log.syslog.procid=2915 | "
         "process.name=ntpd | process.pid=2915 | host.hostname=dn228/dn228"},
    };
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "text", "Europe/Berlin");
    bench_expect_all(&bench, local, ARRAY_LEN(local));
    bench_close(&bench);
}

/* What is put together of several lines begins as its first one does. */
static void events_of_several_lines(void **state)
{
    static const struct parser_case events[] = {
        {"Jul 30, 2026 3:00:21 PM org.apache.coyote.http11.Http11Protocol init\nINFO: Initializing",
         "@timestamp=2026-07-30T15:00:21.000Z | message=Initializing | log.level=info | "
         "log.logger=org.apache.coyote.http11.Http11Protocol | log.origin.function=init"},
        {"2026-11-21 12:00:00 ERROR failed\njava.lang.Exception: x\n\tat a.b.C(C.java:1)",
         "@timestamp=2026-11-21T12:00:00.000Z | message=failed\njava.lang.Exception: x\n\tat "
         "a.b.C(C.java:1) | log.level=error"},
    };
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "text", NULL);
    bench_expect_all(&bench, events, ARRAY_LEN(events));
    bench_close(&bench);
}

/* No letter of a line without colours is lost: what is in no field is in the message. */
static void the_message_is_the_end_of_the_line(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "text", NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice line = slice_of(cases[i].line), message;

        if (strchr(cases[i].line, '\033') || !cases[i].fields)
            continue;
        bench_parse(&bench, line);
        if (!record_text(&bench.record, FIELD_MESSAGE, &message))
            assert_int_equal(line.len, 0);
        else if (!memmem(line.data, line.len, message.data, message.len))
            fail_msg("the message is not in the line: %s", cases[i].line);
    }
    bench_close(&bench);
}

static void any_bytes_are_a_record(void **state)
{
    static const char pieces[] =
        "2026-11-21 12:00:00\n \n - \n[\n]\nERROR\n: "
        "\n|\nINFO\nmain\na.b.C\n123\n---\n::\n@\n\x1b[31m\n"
        "level=\nI1121 \nI, [\n1:M \n.exe - \n- 1131566461 2005.11.09 \nreq-\nMY-1\n(a.b)\n,\n\t";
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "text", NULL);
    bench_expect_any(&bench, pieces, 20000);
    bench_expect_long(&bench, "2026-11-21 12:00:00 ", "[");
    bench_expect_long(&bench, "2026-11-21 12:00:00 ", "[a] ");
    bench_expect_long(&bench, "", "a ");
    bench_expect_long(&bench, "", "1 ");
    bench_expect_long(&bench, "2026-11-21 12:00:00 ", "a|");
    bench_expect_long(&bench, "2026-11-21 12:00:00 ", "- ");
    bench_expect_long(&bench, "2026-11-21 12:00:00 ERROR ", "a.b::");
    bench_expect_long(&bench, "", "\x1b[31m");
    bench_expect_long(&bench, "", "\x1b[");
    bench_expect_long(&bench, "", "level=");
    bench_expect_long(&bench, "[2026-11-21 12:00:00] ERROR x (", "a.b");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_records),
        cmocka_unit_test(times_are_of_the_inputs_zone),
        cmocka_unit_test(events_of_several_lines),
        cmocka_unit_test(the_message_is_the_end_of_the_line),
        cmocka_unit_test(any_bytes_are_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
