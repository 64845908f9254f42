# What `make install` puts beside the program: documents, examples, unit files, completion, manual pages. Nothing below
# /etc: configurations are their owners'.
install(FILES config/inferway.yaml config/demo.yaml DESTINATION share/doc/inferway/examples)
install(FILES LICENSE README.md SECURITY.md DESTINATION share/doc/inferway)
install(DIRECTORY docs/ DESTINATION share/doc/inferway FILES_MATCHING PATTERN "*.md")

install(FILES packaging/man/inferway.1 DESTINATION share/man/man1)
install(FILES packaging/man/inferway.yaml.5 DESTINATION share/man/man5)

install(FILES packaging/completion/inferway.bash DESTINATION share/bash-completion/completions RENAME inferway)
install(FILES packaging/completion/_inferway DESTINATION share/zsh/site-functions)
install(FILES packaging/completion/inferway.fish DESTINATION share/fish/vendor_completions.d)

# The prefix is known only when it is installed, and a unit names its program by the whole path.
install(FILES packaging/systemd/inferway.socket DESTINATION lib/systemd/system)
install(CODE "
  set(PROGRAM \${CMAKE_INSTALL_PREFIX}/bin/inferway)
  configure_file(${PROJECT_SOURCE_DIR}/packaging/systemd/inferway.service.in
    ${PROJECT_BINARY_DIR}/packaging/inferway.service @ONLY)
  file(INSTALL ${PROJECT_BINARY_DIR}/packaging/inferway.service DESTINATION \${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
")
