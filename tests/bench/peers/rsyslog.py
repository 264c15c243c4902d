"""rsyslog: imfile, liblognorm by mmnormalize, JSON of all fields; omkafka; imkafka to omelasticsearch.

The main queue has its defaults: more workers or larger arrays made it slower here. liblognorm has no word for an escaped
quote: such lines pass unparsed. Without action.resumeRetryCount omkafka gives up what it could not hand over at once: of a
million lines 900,000 never arrived when Kafka stood still for ten seconds.
"""

from peers import Run, find, folder_of

NAME = "rsyslog"

RULES = """version=2
rule=:%client:word% %ident:word% %user:word% [%time:char-to:]%] "%method:word% %url:word% HTTP/%version:char-to:"%" \
%status:word% %bytes:word% "%referrer:char-to:"%" "%agent:char-to:"%"
rule=:%client:word% %ident:word% %user:word% [%time:char-to:]%] "%request:char-to:"%" \
%status:word% %bytes:word% "%referrer:char-to:"%" "%agent:char-to:"%"
"""
HEAD = """global(workDirectory="{folder}" maxMessageSize="64k")
"""
READ = """module(load="imfile")
module(load="mmnormalize")
template(name="record" type="subtree" subtree="$!")
template(name="line" type="list") {{ property(name="$!all-json") constant(value="\\n") }}
input(type="imfile" file="{file}" tag="access" addMetadata="off")
action(type="mmnormalize" rulebase="{folder}/combined.rb")
"""
TO_NOTHING = """module(load="impstats" interval="1" log.syslog="off" log.file="{folder}/stats")
action(type="omfile" name="out" file="/dev/null" template="line" ioBufferSize="256k")
"""
TO_KAFKA = """module(load="omkafka")
action(type="omkafka" broker=["{brokers}"] topic="{topic}" template="record" partitions.auto="on" resubmitOnFailure="on"
       keepFailedMessages="on" failedMsgFile="{folder}/failed" action.resumeRetryCount="-1"
       confParam=["compression.codec=lz4", "acks=all", "queue.buffering.max.messages=100000"])
"""
KAFKA_TO_ELASTIC = """module(load="imkafka")
module(load="omelasticsearch")
main_queue(queue.type="FixedArray" queue.size="40000" queue.dequeueBatchSize="4000" queue.workerThreads="2")
template(name="text" type="string" string="%msg%")
input(type="imkafka" broker=["{brokers}"] topic="{topic}" consumergroup="{group}" ruleset="store"
      confParam=["auto.offset.reset=earliest"])
ruleset(name="store" queue.type="FixedArray" queue.size="40000" queue.dequeueBatchSize="4000" queue.workerThreads="2") {{
    action(type="omelasticsearch" server="127.0.0.1" serverport="{port}" searchIndex="{index}" searchType=""
           bulkmode="on" maxbytes="5m" template="text" errorfile="{folder}/errors" action.resumeRetryCount="-1" skipverifyhost="on")
}}
"""


def _program():
    found = find(NAME, "rsyslogd")
    modules = folder_of(NAME, "mmnormalize.so")
    return (*found, modules) if found and modules else None


def available():
    return _program() is not None


def _run(folder, text):
    path, env, modules = _program()
    (folder / "combined.rb").write_text(RULES)
    (folder / "rsyslog.conf").write_text(text)
    arguments = ["-n", "-C", "-f", folder / "rsyslog.conf", "-i", folder / "rsyslog.pid", "-M", modules]
    return Run([path, *arguments], env)


def parse(folder, file):
    return _run(folder, (HEAD + READ + TO_NOTHING).format(folder=folder, file=file))


def ship(folder, file, brokers, topic):
    return _run(folder, (HEAD + READ + TO_KAFKA).format(folder=folder, file=file, brokers=brokers, topic=topic))


def store(folder, brokers, topic, group, port, index):
    text = (HEAD + KAFKA_TO_ELASTIC).format(folder=folder, brokers=brokers, topic=topic, group=group, port=port, index=index)
    return _run(folder, text)
