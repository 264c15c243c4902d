/*
 * fragments.h - what the records of many access logs' lines have in common, with ' for ".
 */
#ifndef TESTS_UNIT_SUPPORT_FRAGMENTS_H
#define TESTS_UNIT_SUPPORT_FRAGMENTS_H

/* By the status: below 400, below 500, and above. */
#define GOOD_EVENT   "'event':{'outcome':'success'},'log':{'level':'info'}"
#define POOR_EVENT   "'event':{'outcome':'failure'},'log':{'level':'warn'}"
#define FAILED_EVENT "'event':{'outcome':'failure'},'log':{'level':'error'}"

#define OCTOBER     "'@timestamp':'2000-10-10T20:55:36.000Z'" /* 10/Oct/2000:13:55:36 -0700 */
#define TEST_CLIENT "'source':{'address':'192.0.2.1','ip':'192.0.2.1'}"
#define OK_RESPONSE "'http':{'response':{'status_code':200}}"
#define GET_1_1     "'http':{'version':'1.1','request':{'method':'GET'}}" /* without a status */
#define GET_ROOT    "'url':{'original':'/','path':'/'}"

#endif
