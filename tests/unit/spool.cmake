foreach(module send sender spool spool_bound spool_open spool_sync spool_writers)
  pv_unit_test(pageview_${module} pageview)
endforeach()
