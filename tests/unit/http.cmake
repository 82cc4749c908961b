foreach(module clean_text connections endpoints head json_fields peer query routes sites trackers)
  pv_unit_test(producer_http_${module} pv-producer-lib)
endforeach()
pv_unit_test(producer_http_responses pv-producer-lib PkgConfig::MICROHTTPD)
