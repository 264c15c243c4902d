/*
 * test_haproxy.c - HAProxy's lines and the records they become.
 */
#include "tests/unit/support/logged.h"

static void requests(void **state)
{
    static const struct logged_case cases[] = {
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET /index.html "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source':{"
         "'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.1','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original':'/"
         "index.html','path':'/"
         "index.html'},'labels':{'frontend':'http-in','backend':'static','server':'srv1','time_"
         "request_ms':'10','time_queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','"
         "termination_state':'----','connections':'1','frontend_connections':'1','backend_"
         "connections':'1','server_connections':'1','retries':'0','server_queue':'0','backend_"
         "queue':'0','request_headers':'1wt.eu'}}"},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 \"GET /a?b#23c HTTP/1.1\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET /a?b#c "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source':{"
         "'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.1','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original':'/"
         "a?b#c','path':'/"
         "a','query':'b','fragment':'c'},'labels':{'frontend':'http-in','backend':'static','server'"
         ":'srv1','time_request_ms':'10','time_queue_ms':'0','time_connect_ms':'30','time_response_"
         "ms':'69','termination_state':'----','connections':'1','frontend_connections':'1','"
         "backend_connections':'1','server_connections':'1','retries':'0','server_queue':'0','"
         "backend_queue':'0'}}"},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 {a b|c} \"GET / HTTP/1.0\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.0','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source':{"
         "'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.0','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original':'/"
         "','path':'/"
         "'},'labels':{'frontend':'http-in','backend':'static','server':'srv1','time_request_ms':'"
         "10','time_queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','termination_"
         "state':'----','connections':'1','frontend_connections':'1','backend_connections':'1','"
         "server_connections':'1','retries':'0','server_queue':'0','backend_queue':'0','request_"
         "headers':'a b|c'}}"},
        {"haproxy",
         "[2001:db8::1]:443 [06/Feb/2009:12:14:14.655] https-in~ bck/<NOSRV> -1/-1/-1/-1/8490 -1 0 "
         "- - CR-- 2/2/2/0/0 0/0 \"\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','event':{'duration':8490000000},'source':{'"
         "address':'2001:db8::1','ip':'2001:db8::1','port':443},'http':{'response':{'bytes':0}},'"
         "labels':{'frontend':'https-in','backend':'bck','termination_state':'CR--','connections':'"
         "2','frontend_connections':'2','backend_connections':'2','server_connections':'0','"
         "retries':'0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "2001:db8::1:33318 [06/Feb/2009:12:14:14.655] fe be/s1 0/1230/7/147/6870 200 243 SRV=x "
         "ID=y ---- 324/239/239/99/+3 0/9 \"HEAD / HTTP/1.0\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'HEAD / "
         "HTTP/"
         "1.0','event':{'duration':6870000000,'outcome':'success'},'log':{'level':'info'},'source':"
         "{'address':'2001:db8::1','ip':'2001:db8::1','port':33318},'http':{'version':'1.0','"
         "request':{'method':'HEAD'},'response':{'status_code':200,'bytes':243}},'url':{'original':"
         "'/','path':'/"
         "'},'labels':{'frontend':'fe','backend':'be','server':'s1','time_request_ms':'0','time_"
         "queue_ms':'1230','time_connect_ms':'7','time_response_ms':'147','request_cookie':'SRV=x',"
         "'response_cookie':'ID=y','termination_state':'----','connections':'324','frontend_"
         "connections':'239','backend_connections':'239','server_connections':'99','retries':'3','"
         "server_queue':'0','backend_queue':'9'}}"},
        {"haproxy",
         "127.0.0.1:33320 [06/Feb/2009:12:14:14.655] px-http px-http/srv1 9/0/7/14/+30 200 +243 - "
         "- ---- 3/3/3/1/0 0/0 \"GET /image.iso HTTP/1.0\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET /image.iso "
         "HTTP/"
         "1.0','event':{'duration':30000000,'outcome':'success'},'log':{'level':'info'},'source':{'"
         "address':'127.0.0.1','ip':'127.0.0.1','port':33320},'http':{'version':'1.0','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':243}},'url':{'original':'/"
         "image.iso','path':'/"
         "image.iso'},'labels':{'frontend':'px-http','backend':'px-http','server':'srv1','time_"
         "request_ms':'9','time_queue_ms':'0','time_connect_ms':'7','time_response_ms':'14','"
         "termination_state':'----','connections':'3','frontend_connections':'3','backend_"
         "connections':'3','server_connections':'1','retries':'0','server_queue':'0','backend_"
         "queue':'0'}}"},
        {"haproxy",
         "127.0.0.1:1 [06/Feb/2009:12:14:14.655] fe fe/<NOSRV> 0/-1/-1/-1/0 400 187 - - PR-- "
         "1/1/0/0/0 0/0 \"<BADREQ>\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'<BADREQ>','event':{'duration':0,'"
         "outcome':'failure'},'log':{'level':'warn'},'source':{'address':'127.0.0.1','ip':'127.0.0."
         "1','port':1},'http':{'response':{'status_code':400,'bytes':187}},'labels':{'frontend':'"
         "fe','backend':'fe','time_request_ms':'0','termination_state':'PR--','connections':'1','"
         "frontend_connections':'1','backend_connections':'0','server_connections':'0','retries':'"
         "0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "unix:1 [06/Feb/2009:12:14:14.655] fe be/s 0/0/0/1/1 304 100 - - ---- 1/1/0/0/0 0/0 \"get "
         "/x#C3#A9 HTTP/2.0\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'get /x\303\251 "
         "HTTP/"
         "2.0','event':{'duration':1000000,'outcome':'success'},'log':{'level':'info'},'source':{'"
         "address':'unix','port':1},'http':{'version':'2.0','request':{'method':'get'},'response':{"
         "'status_code':304,'bytes':100}},'url':{'original':'/x\303\251','path':'/"
         "x\303\251'},'labels':{'frontend':'fe','backend':'be','server':'s','time_request_ms':'0','"
         "time_queue_ms':'0','time_connect_ms':'0','time_response_ms':'1','termination_state':'----"
         "','connections':'1','frontend_connections':'1','backend_connections':'0','server_"
         "connections':'0','retries':'0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 \"GET /cut/short",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET "
         "/cut/"
         "short','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source'"
         ":{'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'request':{'method':'GET'},'"
         "response':{'status_code':200,'bytes':2750}},'url':{'original':'/cut/short','path':'/cut/"
         "short'},'labels':{'frontend':'http-in','backend':'static','server':'srv1','time_request_"
         "ms':'10','time_queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','termination_"
         "state':'----','connections':'1','frontend_connections':'1','backend_connections':'1','"
         "server_connections':'1','retries':'0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','event':{'duration':109000000,'outcome':'"
         "success'},'log':{'level':'info'},'source':{'address':'10.0.1.2','ip':'10.0.1.2','port':"
         "33317},'http':{'response':{'status_code':200,'bytes':2750}},'labels':{'frontend':'http-"
         "in','backend':'static','server':'srv1','time_request_ms':'10','time_queue_ms':'0','time_"
         "connect_ms':'30','time_response_ms':'69','termination_state':'----','connections':'1','"
         "frontend_connections':'1','backend_connections':'1','server_connections':'1','retries':'"
         "0','server_queue':'0','backend_queue':'0'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void tls(void **state)
{
    static const struct logged_case cases[] = {
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\" 0/0/0/0/1 "
         "1wt.eu/TLSv1.3/TLS_AES_256_GCM_SHA384",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET /index.html "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source':{"
         "'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.1','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original':'/"
         "index.html','path':'/"
         "index.html'},'tls':{'version':'1.3','version_protocol':'tls','cipher':'TLS_AES_256_GCM_"
         "SHA384','client':{'server_name':'1wt.eu'},'resumed':true},'labels':{'frontend':'http-in',"
         "'backend':'static','server':'srv1','time_request_ms':'10','time_queue_ms':'0','time_"
         "connect_ms':'30','time_response_ms':'69','termination_state':'----','connections':'1','"
         "frontend_connections':'1','backend_connections':'1','server_connections':'1','retries':'"
         "0','server_queue':'0','backend_queue':'0','request_headers':'1wt.eu'}}"},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\" 30/0A000086/0/0/0 -/-/-",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source':{"
         "'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.1','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original':'/"
         "','path':'/"
         "'},'tls':{'resumed':false},'labels':{'frontend':'http-in','backend':'static','server':'"
         "srv1','time_request_ms':'10','time_queue_ms':'0','time_connect_ms':'30','time_response_"
         "ms':'69','termination_state':'----','connections':'1','frontend_connections':'1','"
         "backend_connections':'1','server_connections':'1','retries':'0','server_queue':'0','"
         "backend_queue':'0','connection_error':'30','tls_error':'0A000086'}}"},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - "
         "- ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\" more of it",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info'},'source':{"
         "'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.1','request':{'"
         "method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original':'/"
         "','path':'/"
         "'},'labels':{'frontend':'http-in','backend':'static','server':'srv1','time_request_ms':'"
         "10','time_queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','termination_"
         "state':'----','connections':'1','frontend_connections':'1','backend_connections':'1','"
         "server_connections':'1','retries':'0','server_queue':'0','backend_queue':'0','extra':'"
         "more of it'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void connections(void **state)
{
    static const struct logged_case cases[] = {
        {"haproxy",
         "127.0.0.1:34550 [06/Feb/2009:12:14:14.655] px-tcp px-tcp/srv1 0/0/5007 0 cD 0/0/0/0/0 "
         "0/0",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'127.0.0.1:34550 "
         "[06/Feb/2009:12:14:14.655] px-tcp px-tcp/srv1 0/0/5007 0 cD 0/0/0/0/0 "
         "0/"
         "0','event':{'duration':5007000000,'outcome':'failure'},'source':{'address':'127.0.0.1','"
         "ip':'127.0.0.1','port':34550},'network':{'transport':'tcp'},'labels':{'frontend':'px-tcp'"
         ",'backend':'px-tcp','server':'srv1','termination_state':'cD','connections':'0','frontend_"
         "connections':'0','backend_connections':'0','server_connections':'0','retries':'0','"
         "server_queue':'0','backend_queue':'0','bytes_read':'0','time_queue_ms':'0','time_connect_"
         "ms':'0'}}"},
        {"haproxy",
         "127.0.0.1:34550 [06/Feb/2009:12:14:14.655] px-tcp px-tcp/srv1 0/0/+5007 +212 -- "
         "0/0/0/0/+1 0/0",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'127.0.0.1:34550 "
         "[06/Feb/2009:12:14:14.655] px-tcp px-tcp/srv1 0/0/+5007 +212 -- 0/0/0/0/+1 "
         "0/"
         "0','event':{'duration':5007000000,'outcome':'success'},'source':{'address':'127.0.0.1','"
         "ip':'127.0.0.1','port':34550},'network':{'transport':'tcp'},'labels':{'frontend':'px-tcp'"
         ",'backend':'px-tcp','server':'srv1','termination_state':'--','connections':'0','frontend_"
         "connections':'0','backend_connections':'0','server_connections':'0','retries':'1','"
         "server_queue':'0','backend_queue':'0','bytes_read':'212','time_queue_ms':'0','time_"
         "connect_ms':'0'}}"},
        {"haproxy", "Connect from 10.0.1.2:33312 to 10.0.3.31:8012 (www/HTTP)",
         "{'message':'Connect from 10.0.1.2:33312 to 10.0.3.31:8012 "
         "(www/"
         "HTTP)','source':{'address':'10.0.1.2','ip':'10.0.1.2','port':33312},'destination':{'"
         "address':'10.0.3.31','ip':'10.0.3.31','port':8012},'labels':{'frontend':'www','mode':'"
         "HTTP'}}"},
        {"haproxy",
         "127.0.0.1:56059 [03/Dec/2012:17:35:10.380] frt/f1: Connection error during SSL handshake",
         "{'@timestamp':'2012-12-03T17:35:10.380Z','message':'Connection error during SSL "
         "handshake','event':{'outcome':'failure'},'log':{'level':'error'},'source':{'address':'"
         "127.0.0.1','ip':'127.0.0.1','port':56059},'error':{'message':'Connection error during "
         "SSL handshake'},'labels':{'frontend':'frt'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void behind_syslog(void **state)
{
    static const struct logged_case cases[] = {
        {"haproxy",
         "<134>Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] "
         "http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success','severity':6},'log':{'level':'"
         "info','syslog':{'priority':134,'appname':'haproxy','hostname':'localhost','procid':'"
         "14389','facility':{'code':16,'name':'local0'},'severity':{'code':6,'name':'informational'"
         "}}},'source':{'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'version':'1.1',"
         "'request':{'method':'GET'},'response':{'status_code':200,'bytes':2750}},'url':{'original'"
         ":'/','path':'/"
         "'},'process':{'name':'haproxy','pid':14389},'host':{'hostname':'localhost'},'labels':{'"
         "frontend':'http-in','backend':'static','server':'srv1','time_request_ms':'10','time_"
         "queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','termination_state':'----','"
         "connections':'1','frontend_connections':'1','backend_connections':'1','server_"
         "connections':'1','retries':'0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "haproxy[674]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 "
         "10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info','syslog':{'"
         "appname':'haproxy','procid':'674'}},'source':{'address':'10.0.1.2','ip':'10.0.1.2','port'"
         ":33317},'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,"
         "'bytes':2750}},'url':{'original':'/','path':'/"
         "'},'process':{'name':'haproxy','pid':674},'labels':{'frontend':'http-in','backend':'"
         "static','server':'srv1','time_request_ms':'10','time_queue_ms':'0','time_connect_ms':'30'"
         ",'time_response_ms':'69','termination_state':'----','connections':'1','frontend_"
         "connections':'1','backend_connections':'1','server_connections':'1','retries':'0','"
         "server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "2009-02-06T12:14:14.700+00:00 lb1 haproxy[14389]: 10.0.1.2:33317 "
         "[06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- "
         "1/1/1/1/0 0/0 \"GET / HTTP/1.1\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success'},'log':{'level':'info','syslog':{'"
         "appname':'haproxy','hostname':'lb1','procid':'14389'}},'source':{'address':'10.0.1.2','"
         "ip':'10.0.1.2','port':33317},'http':{'version':'1.1','request':{'method':'GET'},'"
         "response':{'status_code':200,'bytes':2750}},'url':{'original':'/','path':'/"
         "'},'process':{'name':'haproxy','pid':14389},'host':{'hostname':'lb1'},'labels':{'"
         "frontend':'http-in','backend':'static','server':'srv1','time_request_ms':'10','time_"
         "queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','termination_state':'----','"
         "connections':'1','frontend_connections':'1','backend_connections':'1','server_"
         "connections':'1','retries':'0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "<134>1 2009-02-06T12:14:14.700Z lb1 haproxy 14389 - - 10.0.1.2:33317 "
         "[06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- "
         "1/1/1/1/0 0/0 \"GET / HTTP/1.1\"",
         "{'@timestamp':'2009-02-06T12:14:14.655Z','message':'GET / "
         "HTTP/"
         "1.1','event':{'duration':109000000,'outcome':'success','severity':6},'log':{'level':'"
         "info','syslog':{'priority':134,'version':'1','appname':'haproxy','hostname':'lb1','"
         "procid':'14389','facility':{'code':16,'name':'local0'},'severity':{'code':6,'name':'"
         "informational'}}},'source':{'address':'10.0.1.2','ip':'10.0.1.2','port':33317},'http':{'"
         "version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'bytes':2750}},'"
         "url':{'original':'/','path':'/"
         "'},'process':{'name':'haproxy','pid':14389},'host':{'hostname':'lb1'},'labels':{'"
         "frontend':'http-in','backend':'static','server':'srv1','time_request_ms':'10','time_"
         "queue_ms':'0','time_connect_ms':'30','time_response_ms':'69','termination_state':'----','"
         "connections':'1','frontend_connections':'1','backend_connections':'1','server_"
         "connections':'1','retries':'0','server_queue':'0','backend_queue':'0'}}"},
        {"haproxy",
         "<129>1 2009-02-06T12:14:14Z lb1 haproxy 14389 - - Server static/srv1 is DOWN, reason: "
         "Layer4 timeout. 0 active and 0 backup servers left.",
         "{'message':'Server static/srv1 is DOWN, reason: Layer4 timeout. 0 active and 0 backup "
         "servers "
         "left.','event':{'severity':1},'log':{'level':'alert','syslog':{'priority':129,'version':'"
         "1','appname':'haproxy','hostname':'lb1','procid':'14389','facility':{'code':16,'name':'"
         "local0'},'severity':{'code':1,'name':'alert'}}},'process':{'name':'haproxy','pid':14389},"
         "'host':{'hostname':'lb1'}}"},
        {"haproxy", "haproxy[1]: Proxy http-in started.",
         "{'message':'Proxy http-in "
         "started.','log':{'syslog':{'appname':'haproxy','procid':'1'}},'process':{'name':'haproxy'"
         ",'pid':1}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void what_does_not_fit(void **state)
{
    static const struct logged_case cases[] = {
        {"haproxy", "", NULL},
        {"haproxy", "x", NULL},
        {"haproxy", "10.0.1.2:33317 [06/Feb/2009:12:14:14.655]", NULL},
        {"haproxy", "10.0.1.2:33317 [31/Feb/2009:12:14:14.655] fe be/s 1/2/3 4 -- 1/1/1/1/1 1/1",
         NULL},
        {"haproxy", "haproxy[1]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] fe custom format here",
         NULL},
        {"haproxy", "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] fe be/s 1/2/3/4 4 -- 1/1/1/1/1 1/1",
         NULL},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] fe be/s 1/2/3/4/5 200 x - - ---- 1/1/1/1/1 1/1 "
         "\"GET /\"",
         NULL},
        {"haproxy",
         "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] fe be/s 1/2/3/4/5 200 7 - - ---- 1/1/1/1 1/1 "
         "\"GET /\"",
         NULL},
        {"haproxy", "Connect from a", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),          cmocka_unit_test(tls),
        cmocka_unit_test(connections),       cmocka_unit_test(behind_syslog),
        cmocka_unit_test(what_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
