# Tests of pv-aggregator. The committer talks to a Redis of the test's own, rejected events go to
# librdkafka's mock broker.
add_library(aggregator-test-redis STATIC aggregator_redis.c)
target_link_libraries(aggregator-test-redis PUBLIC pageview PkgConfig::CMOCKA)

foreach(module batch batch_pool commit_call kafka_consumer msgpack partitions)
  pv_unit_test(aggregator_${module} pv-aggregator-lib)
endforeach()
foreach(module committer intake)
  pv_unit_test(aggregator_${module} pv-aggregator-lib aggregator-test-redis)
endforeach()
