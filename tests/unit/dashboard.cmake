# Tests of pv-dashboard-export. They need no Redis: a scripted one answers.
add_library(dashboard-test-redis STATIC dashboard_redis.c)
target_link_libraries(dashboard-test-redis PUBLIC pageview PkgConfig::CMOCKA)

foreach(module archive_file count_list csv directory gzip index live_top_table options publish
        ranks ranks_file snapshot timezone top tree web_files)
  pv_unit_test(dashboard_${module} pv-dashboard-export-lib)
endforeach()
foreach(module counts exporter exporter_faults live moment questions run site_history totals
        trending)
  pv_unit_test(dashboard_${module} pv-dashboard-export-lib dashboard-test-redis)
endforeach()
