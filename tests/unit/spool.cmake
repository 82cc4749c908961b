foreach(module send spool)
  pv_unit_test(pageview_${module} pageview)
endforeach()
