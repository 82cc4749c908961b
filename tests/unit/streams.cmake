foreach(module syslog_message syslog_framing stdin)
  pv_unit_test(producer_${module} pv-producer-lib)
endforeach()
