# What the producer keeps of people: hashes under salts of a day.
foreach(module salt_files salts visitor)
  pv_unit_test(producer_${module} pv-producer-lib PkgConfig::SODIUM)
endforeach()
# It reads etc/spiders.txt and lists of user agents.
target_compile_definitions(test_producer_agent PRIVATE PV_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
