# Tests of the aggregator's co-views.
foreach(module co_views thread visit_feed)
  pv_unit_test(also_read_${module} pv-aggregator-lib)
endforeach()
