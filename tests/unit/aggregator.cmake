# Tests of pv-aggregator. The committer talks to a Redis of the test's own, rejected events go to
# librdkafka's mock broker.
add_library(aggregator-test-redis STATIC aggregator_redis.c)
target_link_libraries(aggregator-test-redis PUBLIC pageview PkgConfig::CMOCKA)

# gcc 12's ThreadSanitizer does not know the C11 threads that librdkafka starts, and crashes in them.
set(with_kafka assignment flush kafka_consumer kafka_interrupted intake intake_filtered log_ends)
if(PV_SANITIZE MATCHES thread)
  set(with_kafka "")
endif()
foreach(module batch batch_pool commit_call committer msgpack partitions ${with_kafka})
  pv_unit_test(aggregator_${module} pv-aggregator-lib aggregator-test-redis)
endforeach()
if(TARGET test_aggregator_kafka_interrupted)
  target_link_options(test_aggregator_kafka_interrupted PRIVATE -Wl,--wrap=rd_kafka_conf_set_log_cb
    -Wl,--wrap=rd_kafka_assign -Wl,--wrap=rd_kafka_seek_partitions)
endif()

foreach(module batch_facts description_filter event_facts hll_sketch hyperloglog radix_sort repeat_memory
        repeat_pairs visit_keys visit_merge visitor_filter
        waiting_turns)
  pv_unit_test(aggregator_${module} pv-aggregator-lib)
endforeach()

foreach(module cover lists publisher ranker ranking redis_source shortlist)
  pv_unit_test(ranker_${module} pv-aggregator-lib)
endforeach()
