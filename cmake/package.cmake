# Installation (cmake --install build) and a Debian package (cpack --config build/CPackConfig.cmake -B build).
include(GNUInstallDirs)
if(EXISTS /etc/debian_version)
  set(zsh_folder vendor-completions)
else()
  set(zsh_folder site-functions)
endif()
install(TARGETS precx RUNTIME)
install(TARGETS precx-blas-host RUNTIME DESTINATION libexec/precx) # precx looks for it at ../libexec/precx
install(FILES man/precx.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/precx-ini.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES completion/precx.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME precx)
install(FILES completion/_precx DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${zsh_folder})
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY experiments DESTINATION ${CMAKE_INSTALL_DATADIR}/precx FILES_MATCHING PATTERN "*.ini")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The precx authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION math)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Sums, products and matrix products in fp16, bf16, fp8 and other formats, with every rounding under control, beside the exact
result and the bounds of the literature.")
include(CPack)
