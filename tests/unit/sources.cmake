foreach(module following log_paths since spool_source watch)
  pv_unit_test(producer_${module} pv-producer-lib)
endforeach()
