foreach(module access_log article agent policy)
  pv_unit_test(producer_${module} pv-producer-lib)
endforeach()
