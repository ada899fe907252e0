"""Gates at run time: the pytest plugin, what each probe measures, how each planted defect is made."""
