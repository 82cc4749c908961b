# Tests of what the exporter writes for each article: its name, its JSON, its badge.
foreach(module also_files article_changes article_file article_json badge safe_name)
  pv_unit_test(dashboard_${module} pv-dashboard-export-lib)
endforeach()
