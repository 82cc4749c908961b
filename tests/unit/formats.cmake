foreach(module apache json mutations names nginx nginx_fields)
  pv_unit_test(producer_format_${module} pv-producer-lib)
endforeach()
