# Tests of what --serve is made of.
foreach(module beneath conditional connections events files inbox live_slots target written_files)
  pv_unit_test(serve_${module} pv-dashboard-export-lib)
endforeach()
target_link_libraries(test_serve_files PRIVATE PkgConfig::MICROHTTPD)
