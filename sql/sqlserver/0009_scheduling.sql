-- Who reads when: Quartz's own tables, which let servers share the reading of columns. Their script is part of Quartz, and made to be run more than once.
/* Quartz's tables */
