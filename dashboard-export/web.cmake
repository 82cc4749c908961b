# The files for browsers, which are built into the program. uPlot draws the plots; it comes from npm, as
# web/package-lock.json pins it.
set(PV_UPLOT "" CACHE PATH "An unpacked uPlot, for builds without npm or without a network")
if(PV_UPLOT)
  set(uplot ${PV_UPLOT})
else()
  set(npm ${CMAKE_CURRENT_BINARY_DIR}/npm)
  set(uplot ${npm}/node_modules/uplot)
endif()
set(uplot_files ${uplot}/dist/uPlot.iife.min.js ${uplot}/dist/uPlot.min.css ${uplot}/LICENSE)
if(NOT PV_UPLOT)
  find_program(PV_NPM npm)
  if(NOT PV_NPM)
    message(FATAL_ERROR "npm is missing: it fetches uPlot, which the dashboard is built with. Install it "
                        "(Debian: apt-get install npm), or name an unpacked uPlot: -DPV_UPLOT=DIR")
  endif()
  add_custom_command(
    OUTPUT ${uplot_files}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${npm}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/web/package.json
            ${CMAKE_CURRENT_SOURCE_DIR}/web/package-lock.json ${npm}
    COMMAND ${PV_NPM} ci --prefix ${npm} --ignore-scripts --no-audit --no-fund --loglevel=error
    # npm keeps the times of the archive, by which the files would always be older than the lock.
    COMMAND ${CMAKE_COMMAND} -E touch ${uplot_files}
    DEPENDS web/package.json web/package-lock.json
    COMMENT "Fetching uPlot with npm"
    VERBATIM)
endif()

# A row a file: where it goes below --out, and where it is. index.html is last.
set(web ${CMAKE_CURRENT_SOURCE_DIR}/web)
set(web_rows
  views.js=${CMAKE_CURRENT_SOURCE_DIR}/views.js
  dashboard/uplot.js=${uplot}/dist/uPlot.iife.min.js
  dashboard/uplot.css=${uplot}/dist/uPlot.min.css
  dashboard/uplot-license.txt=${uplot}/LICENSE)
foreach(file dashboard.css article.js dom.js feed.js filtered.js freshness.js lists.js main.js numbers.js
        overview.js plot.js rank_table.js router.js safe_name.js sections.js series.js sha256.js shapes.js
        site_line.js sparkline.js sparks.js today.js words.js zone.js)
  list(APPEND web_rows dashboard/${file}=${web}/${file})
endforeach()
list(APPEND web_rows index.html=${web}/index.html)
list(TRANSFORM web_rows REPLACE "^[^=]+=" "" OUTPUT_VARIABLE web_sources)

set(web_table ${CMAKE_CURRENT_BINARY_DIR}/web_files_table.c)
add_custom_command(
  OUTPUT ${web_table}
  COMMAND ${CMAKE_COMMAND} -DOUT=${web_table} "-DFILES=${web_rows}"
          -P ${CMAKE_CURRENT_SOURCE_DIR}/embed_web.cmake
  DEPENDS embed_web.cmake ${CMAKE_SOURCE_DIR}/cmake/embed.cmake ${web_sources}
  VERBATIM)
